// What the stand-in knows of templates, variables and other Git hosts.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const hour = 3600;
const day = 86_400;

export const emptyDefinition = { flake: "", packages: [], ports: [], tasks: [], extensions: [], variables: [], setup: "", start: "", files: {}, match: [] };

export const flake = `{
  description = "Tools of a Python workspace";
  inputs.nixpkgs.url = "nixpkgs"; # what the server means by it

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = nixpkgs.lib.genAttrs systems;
    in {
      devShells = each (system:
        let pkgs = nixpkgs.legacyPackages.\${system}; in {
          default = pkgs.mkShell {
            packages = with pkgs; [ python3 uv ];
            shellHook = ''
              echo "ready on \${system}"
            '';
          };
        });
    };
}
`;

/** A template as the API tells it. */
export function template(id, changes = {}) {
  return {
    id, name: id, description: "", icon: id, builtin: false, ownerId: "", shared: false, sharedVersion: 0, mine: false,
    version: 1, publishedVersion: 1, tried: true, createdAt: ago(30 * day), updatedAt: ago(2 * day), ...changes,
    definition: { ...emptyDefinition, ...changes.definition },
  };
}

const builtin = (id, name, description, definition) => template(id, { name, description, builtin: true, definition });
const port = (number, label, changes = {}) => ({ port: number, label, visibility: "owner", open: true, ...changes });

export const pythonDefinition = {
  ...emptyDefinition,
  flake,
  packages: ["python3-venv", "python3-pip", "pipx"],
  ports: [port(8000, "Development server")],
  tasks: [{ label: "Run the tests", command: "python -m pytest -q" }],
  extensions: ["ms-python.python", "charliermarsh.ruff"],
  variables: [
    { name: "PYTHONDONTWRITEBYTECODE", description: "No __pycache__ folders", value: "1", secret: false, required: false },
    { name: "API_KEY", description: "Of the weather service", value: "", secret: true, required: true },
  ],
  setup: "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
  start: ".venv/bin/python -m http.server 8000",
  files: { "main.py": 'print("hello")\n', "settings/a-folder-with-a-long-name/another-one/and-a-file-with-a-long-name.json": '{\n  "debug": true\n}\n' },
  match: ["requirements.txt", "pyproject.toml"],
};

const longName = "A template with a name as long as they may be, sixty letters";

/** One of every kind, in the order of the server: built in, one's own, others'. */
export const templates = [
  builtin("blank", "Blank", "Nothing but what every workspace has."),
  builtin("node", "Node.js", "JavaScript and TypeScript with npm.", { packages: ["build-essential"], ports: [port(3000, "Dev server"), port(5173, "Vite")], extensions: ["dbaeumer.vscode-eslint"] }),
  builtin("python", "Python", "Python 3 with virtual environments.", pythonDefinition),
  builtin("go", "Go", "Go with its language server.", { packages: ["golang-go", "gopls", "delve", "make"], ports: [port(8080, "Server")] }),
  builtin("rust", "Rust", "Cargo, rustfmt and Clippy.", { packages: ["cargo", "rustc"] }),
  builtin("static", "Static site", "A folder of files and a small server.", { ports: [port(8080, "Site")] }),
  template("mine00000001", { name: "Data science", description: "Notebooks on the data of the weather service.", icon: "chart", ownerId: "u1", mine: true, version: 4, publishedVersion: 3, tried: false, definition: pythonDefinition, updatedAt: ago(600) }),
  template("mine00000002", { name: longName, description: `${"What it is for is described at length. ".repeat(8)}`, icon: "flask", ownerId: "u1", mine: true, version: 1, publishedVersion: 0, tried: false, definition: { packages: ["postgresql-client", "redis-tools", "a-package-with-a-name-that-goes-on-and-on-and-on-and-on"] } }),
  template("mine00000003", { name: "Team base", description: "What all of us start with.", icon: "box", ownerId: "u1", mine: true, shared: true, sharedVersion: 2, version: 2, publishedVersion: 2, tried: true, definition: { packages: ["jq", "make"] } }),
  template("other0000001", { name: "Embedded", description: "Cross compilers and a flasher.", icon: "wrench", ownerId: "u2", shared: true, sharedVersion: 5, version: 5, publishedVersion: 5, definition: { packages: ["gcc-arm-none-eabi", "openocd"], tasks: [{ label: "Flash", command: "make flash" }] } }),
];

export const versions = {
  mine00000001: [
    { version: 4, createdAt: ago(600), tried: false, publishedAt: null, definition: pythonDefinition },
    { version: 3, createdAt: ago(2 * day), tried: true, publishedAt: ago(2 * day), definition: { ...pythonDefinition, packages: ["python3-venv"], setup: "" } },
    { version: 2, createdAt: ago(3 * day), tried: true, publishedAt: null, definition: { ...pythonDefinition, packages: [] } },
    { version: 1, createdAt: ago(30 * day), tried: false, publishedAt: null, definition: emptyDefinition },
  ],
};

export const variables = [
  { name: "DATABASE_URL", secret: true, template: "", updatedAt: ago(3 * hour) },
  { name: "EDITOR_GREETING", secret: false, value: "hello", template: "", updatedAt: ago(9 * day) },
  { name: "DATABASE_URL", secret: false, value: `postgresql://localhost:5432/${"a-long-name-".repeat(12)}`, template: "mine00000001", updatedAt: ago(20 * day) },
  { name: "A_VARIABLE_WITH_A_NAME_AS_LONG_AS_THEY_MAY_BE_SIXTY_FOUR_LETTERS", secret: true, template: "nonesuch12ab", updatedAt: ago(60 * day), problem: "The value cannot be read any more. Set it again." },
];

export const gitCredentials = [
  { host: "git.example.com", username: "asha", createdAt: ago(20 * day), problem: "" },
  { host: "a-host-with-a-very-long-name.department-of-long-names.example.com:8443", username: "oauth2", createdAt: ago(90 * day), problem: "The host refused this password 2 hours ago. Replace it." },
];
