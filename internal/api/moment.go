package api

import (
	"errors"
	"time"
)

// Moment is a time in UTC, in either of the two documented forms.
func Moment(p *time.Time) Var { return momentVar{p} }

// momentForms are the forms; the one used in answers is last.
var momentForms = []string{"2006-01-02T15:04:05Z", time.DateTime}

type momentVar struct{ p *time.Time }

func (v momentVar) Set(s string) error {
	for _, form := range momentForms {
		if t, err := time.Parse(form, s); err == nil {
			*v.p = t
			return nil
		}
	}
	return errors.New(v.Shape().Rule)
}

func (v momentVar) Value() any {
	if v.p.IsZero() {
		return ""
	}
	return BizTime(*v.p)
}

func (v momentVar) Shape() Shape {
	return Shape{Type: String, Rule: "must be a time in UTC, as 2026-11-25T15:00:00Z or 2026-11-25 15:00:00"}
}

// BizTime writes a time as the monitor operations do.
func BizTime(t time.Time) string { return t.UTC().Format(time.DateTime) }
