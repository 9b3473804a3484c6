package main

// Starts a bridge and this worker, and lets the conformance kit say whether the worker keeps the contract.

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var cli = strings.Fields(cmp.Or(os.Getenv("NATS_BRIDGE_CLI"), "npx --package @nats-bridge/cli nats-bridge"))

func TestTheWorkerKeepsTheContract(t *testing.T) {
	bridge := append(cli[:len(cli):len(cli)], "up", "--no-sandbox", "--data", t.TempDir())
	url := start(t, bridge, "NO_COLOR=1", `NATS +(nats:\S+)[\s\S]*Ready`)[1]

	worker := filepath.Join(t.TempDir(), "worker")
	if printed, err := exec.Command("go", "build", "-o", worker, ".").CombinedOutput(); err != nil {
		t.Fatalf("it cannot be built: %s", printed)
	}
	start(t, []string{worker}, "NATS_URL="+url, "started")

	question := append(cli[:len(cli):len(cli)], "conformance", "--operation", "authorize", "--nats", url, "--timeout", "20000", "--json")
	kit := exec.Command(question[0], question[1:]...)
	kit.Stderr = os.Stderr
	if report, err := kit.Output(); err != nil {
		t.Fatalf("%v: %s", err, report)
	}
}

// Starts a program and gives what the pattern finds in what it prints.
func start(t *testing.T, command []string, env, pattern string) []string {
	t.Helper()
	program := exec.Command(command[0], command[1:]...)
	program.Env = append(os.Environ(), env)
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	program.Stderr = os.Stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-program.Process.Pid, syscall.SIGTERM) // the whole group: npx does not pass signals on
		io.Copy(io.Discard, output)                         // until all of it has ended
		program.Wait()
	})
	var printed strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		printed.WriteString(lines.Text() + "\n")
		if found := regexp.MustCompile(pattern).FindStringSubmatch(printed.String()); found != nil {
			go io.Copy(io.Discard, output)
			return found
		}
	}
	t.Fatalf("%v ended: %s", command, printed.String())
	return nil
}
