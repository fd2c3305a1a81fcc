package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// auditing is the action that is required for reading the audit log: the public cloud's
// action for looking up events.
const auditing = "actiontrail:LookupEvents"

// An auditPage shows a range of the audit log.
type auditPage struct {
	User, Action, Code, Request string // filters
	Failed                      bool   // only what was refused
	Show                        string // the kind of calls, one of showKinds
	Kinds                       []option
	From, To                    string // days, 2006-01-02
	Lines                       []auditLine
	Older                       string // address; "" if there is nothing older
	Off                         bool   // there is no readable file
}

// auditPages show the audit log.
type auditPages struct{ *visit }

func (v auditPages) audit() error {
	if err := v.needs(auditing); err != nil {
		return err
	}
	q := v.r.URL.Query()
	page := auditPage{
		User: q.Get("user"), Action: q.Get("action"), Code: q.Get("code"), Request: q.Get("request"), Failed: q.Get("failed") != "",
		From: q.Get("from"), To: q.Get("to"), Off: v.AuditLog == "", Show: q.Get("show"),
	}
	page.choose()
	if page.Off {
		return v.show("audit", "Audit log", page)
	}
	before, err := strconv.ParseInt(q.Get("before"), 10, 64)
	if err != nil {
		before = -1
	}
	var next int64
	page.Lines, next, err = readAudit(v.AuditLog, before, page.passes())
	if err != nil {
		return err
	}
	if next > 0 {
		older := url.Values{}
		for name, values := range q {
			older[name] = values
		}
		older.Set("before", strconv.FormatInt(next, 10))
		page.Older = "?" + older.Encode()
	}
	return v.show("audit", "Audit log", page)
}

// The kinds of calls that the page can show.
const (
	showChanges = "changes"
	showOthers  = "others"
	showAll     = "all"
)

// choose sets the kind of calls unless the visitor has chosen one: calls that changed
// something, because most lines come from pages and programs that only read. With a filter
// for an action, a request or a code, calls of every kind are shown.
func (p *auditPage) choose() {
	kinds := []option{
		{Value: showChanges, Text: "changes, sign-ins and refusals"}, {Value: showOthers, Text: "all but what the console reads"}, {Value: showAll, Text: "all calls"},
	}
	if !slices.ContainsFunc(kinds, func(o option) bool { return o.Value == p.Show }) {
		p.Show = showChanges
		if p.Action != "" || p.Request != "" || p.Code != "" || p.Failed {
			p.Show = showAll
		}
	}
	for i := range kinds {
		kinds[i].Chosen = kinds[i].Value == p.Show
	}
	p.Kinds = kinds
}

// shows reports whether a line is of the chosen kind.
func (p *auditPage) shows(l *auditLine) bool {
	ofConsole := l.Via == "console"
	switch p.Show {
	case showAll:
		return true
	case showOthers:
		return !ofConsole || !reading(l.Action) || l.Action == signingIn || l.Code != ""
	}
	// A call of an unauthenticated client has no user, and may name any action.
	return l.User != "" && (!reading(l.Action) || ofConsole && l.Action == signingIn || l.Code != "")
}

// signingIn is the call as which a sign-in to the console is audited.
const signingIn = "GetCallerIdentity"

// passes returns the filter: every part of it that is given must match.
func (p *auditPage) passes() func(*auditLine) bool {
	from, _ := time.Parse(time.DateOnly, p.From)
	to, err := time.Parse(time.DateOnly, p.To)
	if err != nil {
		to = time.Unix(1<<40, 0)
	}
	has := func(text, part string) bool {
		return part == "" || strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
	return func(l *auditLine) bool {
		return has(l.User+" "+l.AccessKey, p.User) && has(l.Action, p.Action) && has(l.Code, p.Code) && has(l.RequestID, p.Request) &&
			(!p.Failed || l.Code != "") && p.shows(l) && !l.Time.Before(from) && l.Time.Before(to.AddDate(0, 0, 1))
	}
}

// reading reports whether an action changes nothing, judged by its name.
func reading(action string) bool {
	return strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List")
}
