package permission

// harmless describes how a program may be called so that it only reads the workspace.
// Every option that is not listed makes the call ask.
type harmless struct {
	// flags are letters that may be clustered, and takes the letters that have a value.
	flags, takes string
	// long options, without dashes; those that end with = have a value.
	long string
	// pattern: the first argument is a pattern, not a file, unless -e gave one.
	pattern bool
	// most is how many arguments there may be; 0 means any number, -1 none.
	most int
	// free: arguments are no files.
	free bool
}

// harmlessPrograms was read from the manuals of coreutils 9, grep 3, ripgrep 14, diffutils 3 and
// jq 1.7. Left out on purpose: tail -f (never ends), sort -o, tree -o, date -s, uniq's and
// xxd's second file, rg --pre and -z, jq -f, file -C, hostname with a name, less, more, env, awk and
// sed (both run programs), yarn and go (both may fetch another version of themselves).
var harmlessPrograms = map[string]harmless{
	"ls":        {flags: "aAbBcCdFgGhHiklLmnNopqQrRsStuUvxXZ1", takes: "IwT", long: "all almost-all human-readable recursive reverse sort= time= color color= group-directories-first size directory inode time-style= format= ignore= classify"},
	"cat":       {flags: "AbeEnstTuv", long: "number number-nonblank show-all show-ends show-tabs squeeze-blank show-nonprinting"},
	"tac":       {flags: "b", takes: "s"},
	"head":      {flags: "qvz0123456789", takes: "nc", long: "lines= bytes= quiet silent verbose"},
	"tail":      {flags: "qvz0123456789", takes: "nc", long: "lines= bytes= quiet silent verbose"},
	"wc":        {flags: "clLmw", long: "bytes chars lines words max-line-length"},
	"nl":        {takes: "bhfivwnsdl"},
	"cut":       {flags: "snz", takes: "bcdf", long: "delimiter= fields= characters= bytes= complement output-delimiter= only-delimited"},
	"paste":     {flags: "sz", takes: "d"},
	"tr":        {flags: "cCdst", free: true},
	"sort":      {flags: "bdfghiMnRrVcCmsuz", takes: "kt", long: "reverse numeric-sort unique key= field-separator= human-numeric-sort version-sort ignore-case general-numeric-sort stable"},
	"uniq":      {flags: "cdDiuz", takes: "fsw", long: "count repeated unique ignore-case", most: 1},
	"comm":      {flags: "123z"},
	"cmp":       {flags: "bls", takes: "in"},
	"diff":      {flags: "abBcdeEinNpqrstTuwyZ", takes: "CULIxW", long: "brief recursive unified unified= side-by-side ignore-all-space ignore-space-change ignore-blank-lines color color= new-file exclude= report-identical-files suppress-common-lines context= minimal"},
	"stat":      {flags: "Lft", takes: "c", long: "format= printf= dereference"},
	"file":      {flags: "bhiLs", long: "brief mime mime-type mime-encoding"},
	"du":        {flags: "abcDhHklLmPsSx0", takes: "dBt", long: "summarize human-readable max-depth= all total apparent-size exclude="},
	"df":        {flags: "ahHiklPT", takes: "tx"},
	"tree":      {flags: "adfhilpsDgJQuvtUFxCnN", takes: "LIP", long: "dirsfirst noreport gitignore prune filelimit= du"},
	"basename":  {flags: "az", takes: "s", free: true},
	"dirname":   {flags: "z", free: true},
	"realpath":  {flags: "eLmPqsz", long: "relative-to= relative-base="},
	"readlink":  {flags: "efmnqsvz"},
	"md5sum":    {flags: "bt"},
	"sha1sum":   {flags: "bt"},
	"sha256sum": {flags: "bt"},
	"sha512sum": {flags: "bt"},
	"cksum":     {},
	"od":        {flags: "abcdfiloOsxvX", takes: "AjNStw"},
	"hexdump":   {flags: "bcCdovx", takes: "ns"},
	"column":    {flags: "tx", takes: "sco"},
	"fold":      {flags: "bs", takes: "w"},
	"rev":       {},
	"seq":       {flags: "w", takes: "fs", free: true},
	"grep":      {flags: "EFGPabcHhiILlnoqRrsTUVvwxyzZ0123456789", takes: "ABCDdem", long: "extended-regexp fixed-strings perl-regexp ignore-case invert-match word-regexp line-regexp count color color= files-with-matches files-without-match max-count= only-matching quiet no-messages line-number with-filename no-filename after-context= before-context= context= include= exclude= exclude-dir= recursive text regexp= binary-files= null", pattern: true},
	"rg":        {flags: "FHIilLnNoPpqSsUuvVwx0chapb", takes: "ABCEegjmMrtT", long: "files type= type-not= glob= iglob= ignore-case smart-case case-sensitive fixed-strings word-regexp line-number no-line-number count count-matches files-with-matches files-without-match max-count= max-depth= multiline multiline-dotall after-context= before-context= context= hidden no-ignore no-ignore-vcs json only-matching heading no-heading color= sort= sortr= stats regexp= vimgrep column trim max-columns= pcre2 invert-match no-messages quiet type-list no-filename with-filename replace= max-filesize= unrestricted no-config", pattern: true},
	"jq":        {flags: "renscCMSaj", long: "raw-output compact-output null-input slurp exit-status sort-keys tab raw-input indent= join-output monochrome-output", pattern: true},
	"pwd":       {flags: "LP", most: -1},
	"echo":      {free: true},
	"printf":    {free: true},
	"true":      {free: true},
	"false":     {free: true},
	":":         {free: true},
	"date":      {flags: "uR", takes: "dI", long: "utc date= iso-8601 iso-8601= rfc-3339= universal", free: true, most: 1},
	"whoami":    {most: -1},
	"id":        {flags: "gGnruz", most: -1},
	"uname":     {flags: "amnoprsvi", most: -1},
	"hostname":  {flags: "fsdiI", most: -1},
	"nproc":     {long: "all", most: -1},
	"uptime":    {flags: "ps", most: -1},
	"free":      {flags: "bghkmtw", most: -1},
	"which":     {flags: "as", free: true},
	"type":      {flags: "aftpP", free: true},
	"sleep":     {most: 1, free: true},
	"node":      {flags: "v", long: "version", most: -1},
	"npm":       {flags: "v", long: "version", most: -1},
	"python":    {flags: "V", long: "version", most: -1},
	"python3":   {flags: "V", long: "version", most: -1},
}

// harmlessGit is the same for commands of git. Left out: whatever could start a program of the
// repository's settings beyond what every git command does (--ext-diff, --textconv, -O), write
// a file (--output), or reach outside (--no-index). Arguments are files or revisions.
var harmlessGit = map[string]harmless{
	"status":        {flags: "sbvuz", long: "short branch porcelain porcelain= long untracked-files untracked-files= ignored show-stash ahead-behind verbose no-renames"},
	"diff":          {flags: "pusbwzRaMBCD", takes: "USGl", long: "cached staged stat stat= numstat shortstat name-only name-status unified= color color= no-color word-diff word-diff= ignore-all-space ignore-space-change ignore-blank-lines diff-filter= summary check patch no-patch minimal patience histogram find-renames merge-base no-ext-diff no-textconv no-renames relative compact-summary dirstat raw exit-code quiet"},
	"log":           {flags: "pusiEFzgMC0123456789q", takes: "nSGLU", long: "oneline graph all decorate decorate= stat numstat shortstat name-only name-status patch no-patch max-count= since= until= after= before= author= committer= grep= format= pretty pretty= abbrev-commit date= no-merges merges follow reverse first-parent color= no-color branches tags remotes topo-order date-order diff-filter= no-ext-diff no-textconv summary no-decorate all-match regexp-ignore-case"},
	"show":          {flags: "psuzMqC", takes: "U", long: "stat numstat shortstat name-only name-status patch no-patch oneline format= pretty pretty= abbrev-commit color= no-color unified= date= no-ext-diff no-textconv quiet summary"},
	"blame":         {flags: "lstwMCefn", takes: "LS", long: "porcelain line-porcelain date= show-name show-number show-email since="},
	"ls-files":      {flags: "cdmoiskutvz", takes: "x", long: "cached deleted modified others ignored stage exclude-standard exclude= full-name error-unmatch"},
	"ls-tree":       {flags: "drtlz", long: "name-only full-name full-tree long"},
	"rev-parse":     {flags: "q", long: "abbrev-ref show-toplevel short short= verify is-inside-work-tree show-prefix show-cdup symbolic-full-name quiet branches"},
	"rev-list":      {takes: "n", long: "count all max-count= oneline left-right since= until= author= no-merges first-parent"},
	"merge-base":    {flags: "a", long: "is-ancestor all fork-point"},
	"describe":      {long: "tags all always long abbrev= dirty exact-match contains match="},
	"branch":        {flags: "avrl", long: "list all remotes show-current verbose contains merged no-merged sort= format= color= no-color", most: -1},
	"tag":           {flags: "ln", long: "list sort= format= merged contains points-at=", most: -1},
	"remote":        {flags: "v", long: "verbose", most: -1},
	"cat-file":      {flags: "tspe"},
	"shortlog":      {flags: "sne", long: "summary numbered email since= until= all no-merges"},
	"grep":          {flags: "niIlLcwvEFPhHo", takes: "eABC", long: "line-number ignore-case files-with-matches count word-regexp fixed-strings extended-regexp untracked cached name-only heading break", pattern: true},
	"check-ignore":  {flags: "vnq", long: "verbose"},
	"count-objects": {flags: "vH"},
	"version":       {},
}
