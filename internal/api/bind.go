package api

import (
	"errors"
	"fmt"

	"elbow/internal/elb"
)

// Bind fills the fields of in from values, top row first. An empty value counts
// as absent. A required parameter that is absent is Missing<Name>, a value that
// cannot be parsed or is out of range Invalid<Name>, and one that contradicts
// another InvalidParameter.<Name>. After an error in must not be used.
func Bind(in Input, values map[string]string) error {
	if err := fill(in.Params(), values, false); err != nil {
		return err
	}
	if in, ok := in.(completer); ok {
		return in.complete(values)
	}
	return nil
}

// A completer is an input that checks or stores something after its rows are
// filled.
type completer interface {
	complete(values map[string]string) error
}

// fill stores values into the variables of rows. If stored is set, the variables
// hold the values of an earlier call: an absent parameter keeps its value instead
// of taking the default, and is missing only if there is none.
func fill(rows []Param, values map[string]string, stored bool) error {
	bound := make(map[string]string, len(rows))
	for _, r := range rows {
		var err error
		if r.Var.Shape().Type == List {
			err = fillList(r, values)
		} else if err = refuseOtherForms(r, values); err == nil {
			err = fillRow(r, values, bound, stored)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillRow stores the value of one row and records it in bound, for the conditions
// of later rows.
func fillRow(r Param, values, bound map[string]string, stored bool) error {
	s := values[r.Name]
	switch {
	case s != "":
	case stored:
		bound[r.Name] = wire(r.Var.Value())
	case r.IfGiven == "" || values[r.IfGiven] != "":
		s = r.Default
	}
	if s == "" {
		if r.Required && bound[r.Name] == "" && holds(r.When, bound) {
			return Missing(r.Name)
		}
		return nil
	}
	if err := r.Var.Set(s); err != nil {
		return because(r.Name, err)
	}
	bound[r.Name] = s
	return nil
}

func holds(when []Cond, bound map[string]string) bool {
	for _, c := range when {
		if bound[c.Name] != c.Is {
			return false
		}
	}
	return true
}

// wire is a stored value in the form in which a client would send it. The zero
// number and the empty text count as not given.
func wire(v any) string {
	if v == 0 || v == int64(0) {
		return ""
	}
	return fmt.Sprint(v)
}

// because is the error for a value that its variable refused.
func because(name string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Invalid(name).Because(name + " " + err.Error())
}

// contradiction converts the error of a rule between fields.
func contradiction(err error) error {
	if f, ok := errors.AsType[*elb.FieldError](err); ok {
		return InvalidField(f.Field).Because(f.Error())
	}
	return err
}
