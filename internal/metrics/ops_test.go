package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kalpana-dev/kalpana/internal/metrics"
)

// everything makes each collector say something, so that a scrape has all families, and
// returns the labels of each by the names that expressions use.
func everything(t *testing.T) map[string]map[string]bool {
	t.Helper()
	m := metrics.New()
	m.Request(metrics.KindAPI, 2, 1, 1, 1)
	m.Start(1, true)
	m.Login("password", "ok")
	m.Docker("ping", 1, true)
	m.Database("find", 1, true)
	m.Repaired("container_lost")
	m.AgentTool("readFile", "ok")
	r := prometheus.NewPedanticRegistry()
	if err := m.Register(r); err != nil {
		t.Fatal(err)
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	for _, f := range families {
		labels := map[string]bool{"job": true, "instance": true}
		names := []string{f.GetName()}
		for _, s := range f.GetMetric() {
			for _, l := range s.GetLabel() {
				labels[l.GetName()] = true
			}
			if s.GetHistogram() != nil {
				names = append(names, f.GetName()+"_bucket", f.GetName()+"_count", f.GetName()+"_sum")
				labels["le"] = true
			}
		}
		for _, n := range names {
			known[n] = labels
		}
	}
	return known
}

var (
	metricName = regexp.MustCompile(`\bkalpana_[a-z_]+\b(\{[^}]*\})?`)
	matcher    = regexp.MustCompile(`([a-z]+)(=~|!=|!~|=)"`)
	grouping   = regexp.MustCompile(`\bby \(([a-z, ]*)\)`)
	alertExpr  = regexp.MustCompile(`(?m)^        expr: (?:>-\n((?:          .*\n)+)|(.*)\n)`)
)

// checkExpression complains about metrics and labels that a scrape does not have.
func checkExpression(t *testing.T, where, expr string, known map[string]map[string]bool) {
	t.Helper()
	labels, found := map[string]bool{}, 0
	for _, use := range metricName.FindAllString(expr, -1) {
		name, selector, _ := strings.Cut(use, "{")
		if known[name] == nil {
			t.Errorf("%s: there is no metric %s", where, name)
			continue
		}
		found++
		for label := range known[name] {
			labels[label] = true
		}
		for _, m := range matcher.FindAllStringSubmatch(selector, -1) {
			if !known[name][m[1]] {
				t.Errorf("%s: %s has no label %s", where, name, m[1])
			}
		}
	}
	if found == 0 && !strings.Contains(expr, "up{") && !strings.Contains(expr, "process_") && !strings.Contains(expr, "go_") {
		t.Errorf("%s has no metric: %s", where, expr)
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for label := range strings.SplitSeq(g[1], ", ") {
			if !labels[label] {
				t.Errorf("%s groups by %s, which its metrics do not have", where, label)
			}
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expr, pair[:1]) != strings.Count(expr, pair[1:]) {
			t.Errorf("%s: brackets do not match in %s", where, expr)
		}
	}
}

func TestTheDashboardShowsMetricsThatExist(t *testing.T) {
	raw, err := os.ReadFile("../../ops/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, W int }
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	known, ids, shown := everything(t), map[int]bool{}, string(raw)
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q has another's number, no title or no place", p.ID, p.Title)
		}
		ids[p.ID] = true
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkExpression(t, "panel "+p.Title, target.Expr, known)
		}
	}
	for name := range known {
		if !strings.HasSuffix(name, "_sum") && !strings.Contains(shown, strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_bucket")) {
			t.Errorf("nothing shows %s", name)
		}
	}
}

func TestTheAlertsAreAboutMetricsThatExist(t *testing.T) {
	raw, err := os.ReadFile("../../ops/prometheus-alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	known, found := everything(t), alertExpr.FindAllStringSubmatch(string(raw), -1)
	if n := strings.Count(string(raw), "- alert: "); n < 10 || n != len(found) || n != strings.Count(string(raw), "summary: ") {
		t.Errorf("%d alerts, %d expressions", n, len(found))
	}
	for _, m := range found {
		checkExpression(t, "an alert", strings.Join(strings.Fields(m[1]+m[2]), " "), known)
	}
}
