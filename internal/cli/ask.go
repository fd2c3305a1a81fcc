package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

var ErrNobody = errors.New("nothing was changed: there is nobody to ask; --yes does it without asking")

// Ask asks the user a question at the terminal, and returns an error unless the answer is
// yes.
func Ask(cmd *cobra.Command, question string) error {
	in, isFile := cmd.InOrStdin().(*os.File)
	if !isFile || !IsTerminal(in) {
		return ErrNobody
	}
	_, _ = fmt.Fprint(cmd.OutOrStdout(), question)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was changed")
	}
	return nil
}
