package api

import (
	"errors"

	"elbow/internal/elb"
)

// CreatePolicyVersionInput is a new version of a policy.
type CreatePolicyVersionInput struct {
	PolicyName string
	Document   string
	Default    bool   // make it the default version
	Rotate     string // RotateNone or RotateOldest
}

// What CreatePolicyVersion does when a policy has the maximum number of versions.
const (
	RotateNone   = "None"
	RotateOldest = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
)

// Params lists the rows.
func (in *CreatePolicyVersionInput) Params() []Param {
	return []Param{
		policyName(&in.PolicyName),
		policyDocument(&in.Document),
		{Name: "SetAsDefault", Var: Bool(&in.Default), Default: "false", Doc: "Whether the new version counts from now on."},
		{Name: "RotateStrategy", Var: OneOf(&in.Rotate, RotateNone, RotateOldest), Default: RotateNone, Doc: "What happens if the policy has five versions: nothing but an error, or the oldest one that does not count is deleted."},
	}
}

// CreatePolicyVersionOutput is the new version.
type CreatePolicyVersionOutput struct{ PolicyVersion PolicyVersion }

// GetPolicyVersionInput names a version of a policy.
type GetPolicyVersionInput struct {
	PolicyType, PolicyName string
	Version                int
}

// Params lists the rows.
func (in *GetPolicyVersionInput) Params() []Param {
	return []Param{policyType(&in.PolicyType, true), policyName(&in.PolicyName), versionID(&in.Version)}
}

func versionID(p *int) Param {
	return Param{Name: "VersionId", Var: versionVar{p}, Required: true, Names: policyVersionKind, Doc: "The ID of the version: v1, v2 and so on."}
}

// A versionVar is the number of a version of a policy.
type versionVar struct{ p *int }

func (v versionVar) Set(s string) error {
	if *v.p = elb.VersionNumber(s); *v.p == 0 {
		return errors.New(v.Shape().Rule)
	}
	return nil
}

func (v versionVar) Value() any { return elb.VersionID(*v.p) }

func (v versionVar) Shape() Shape {
	return Shape{
		Type: Name, Rule: "must be v and a number from 1, as v2", Valid: []string{"v1", "v99"},
		Wrong: []string{"v0", "v01", "1", "v-1", "v", "V1", "v1 ", "v99999999999999999999"},
	}
}

// GetPolicyVersionOutput is the version.
type GetPolicyVersionOutput struct{ PolicyVersion PolicyVersion }

// ListPolicyVersionsInput names a policy.
type ListPolicyVersionsInput struct{ PolicyType, PolicyName string }

// Params lists the rows.
func (in *ListPolicyVersionsInput) Params() []Param {
	return []Param{policyType(&in.PolicyType, true), policyName(&in.PolicyName)}
}

// ListPolicyVersionsOutput lists the versions, oldest first.
type ListPolicyVersionsOutput struct{ PolicyVersions PolicyVersions }

// PolicyVersions wraps the list as the wire does.
type PolicyVersions struct{ PolicyVersion Array[PolicyVersion] }

// SetDefaultPolicyVersionInput names the new default version.
type SetDefaultPolicyVersionInput struct {
	PolicyName string
	Version    int
}

// Params lists the rows.
func (in *SetDefaultPolicyVersionInput) Params() []Param {
	return []Param{policyName(&in.PolicyName), versionID(&in.Version)}
}

// SetDefaultPolicyVersionOutput is empty.
type SetDefaultPolicyVersionOutput struct{}

// DeletePolicyVersionInput names a version that is not the default.
type DeletePolicyVersionInput struct {
	PolicyName string
	Version    int
}

// Params lists the rows.
func (in *DeletePolicyVersionInput) Params() []Param {
	return []Param{policyName(&in.PolicyName), versionID(&in.Version)}
}

// DeletePolicyVersionOutput is empty.
type DeletePolicyVersionOutput struct{}
