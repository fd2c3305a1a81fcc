package main

import (
	"github.com/spf13/cobra"

	"elbow/internal/cli"
)

const callText = `Call an operation of the API and print its response, as JSON unless -o selects
another format. --query selects a part of it with a JMESPath expression, --cli-input
reads parameters from a file, and --wait repeats the call, or after a change the call
that shows it, until a field has a value.

Endpoint and credentials come from flags, else from the environment
(ELBOW_ENDPOINT, ELBOW_ACCESS_KEY_ID, ELBOW_ACCESS_KEY_SECRET; the names
ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are read too; for
the temporary key of AssumeRole, ELBOW_SECURITY_TOKEN or ALIBABA_CLOUD_SECURITY_TOKEN),
else from a profile in ~/.elbow/config or the file that ELBOW_CONFIG names:

  [default]
  endpoint          = http://127.0.0.1:8095
  access-key-id     = LTAI…
  access-key-secret = …

An error of the API is printed as code and message, and the exit status is 1. If the
response has only a RequestId, as that of DescribeLoadBalancerAttribute for an unknown
id, "not found" is printed and the exit status is 1. An empty list is a valid response,
and the exit status is 0.`

const callExample = `  elbow call DescribeLoadBalancers -o table
  elbow call DescribeLoadBalancers --query 'LoadBalancers.LoadBalancer[].Address'
  elbow call StartLoadBalancerListener --LoadBalancerId lb-… --ListenerPort 443 --wait Status=Running
  elbow call UploadUserCertificate --Name shop --Cert @chain.pem --Key @key.pem`

// newCallCommand returns `elbow call OPERATION --Param value …`: each operation of the API
// is a subcommand, each row of its table a flag.
func newCallCommand() *cobra.Command {
	call := &cobra.Command{
		Use:     "call OPERATION [--Param value]…",
		Short:   "Call an operation of the API and print its response",
		Long:    callText,
		Example: callExample,
	}
	cli.AddOperations(call)
	return call
}
