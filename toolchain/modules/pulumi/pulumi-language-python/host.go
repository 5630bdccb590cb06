package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The program's side of the host: connects the Python runtime to the engine, then runs the program.
//
//go:embed run.py
var runProgram string

// exitShown is the program's exit code when it has already told the user what is wrong.
const exitShown = 32

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func (h *host) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names none: each resource names its plugin and version when it registers.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(orEmpty(request.GetConfig()))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	secretKeys, err := json.Marshal(append([]string{}, request.GetConfigSecretKeys()...))
	if err != nil {
		return nil, fmt.Errorf("secret keys of config: %w", err)
	}
	command := exec.CommandContext(ctx, python(request.GetInfo()), append([]string{
		"-u", "-c", runProgram,
		"--engine", h.engine,
		"--monitor", request.GetMonitorAddress(),
		"--project", request.GetProject(),
		"--stack", request.GetStack(),
		"--organization", request.GetOrganization(),
		"--root", request.GetInfo().GetRootDirectory(),
		"--directory", request.GetInfo().GetProgramDirectory(),
		"--entry", request.GetInfo().GetEntryPoint(),
		"--parallel", strconv.Itoa(int(request.GetParallel())),
		"--dry-run", strconv.FormatBool(request.GetDryRun()),
	}, request.GetArgs()...)...)
	command.Dir = request.GetPwd()
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secretKeys))
	return outcome(command.Run())
}

// orEmpty is config as a JSON object also where a stack has none.
func orEmpty(config map[string]string) map[string]string {
	if config == nil {
		return map[string]string{}
	}
	return config
}

// outcome tells the engine whether the program failed, and whether the user knows why already.
func outcome(err error) (*pulumirpc.RunResponse, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == exitShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
	return nil, fmt.Errorf("the program could not be started: %w", err)
}

// RunPlugin runs a policy pack or a plugin written in Python and passes its output on.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	directory := request.GetInfo().GetProgramDirectory()
	arguments := append([]string{"-u", directory}, request.GetArgs()...)
	if request.GetKind() == "analyzer" {
		arguments = append(append([]string{"-u", "-m", "pulumi.policy"}, request.GetArgs()...), directory)
	}
	command := exec.CommandContext(server.Context(), python(request.GetInfo()), arguments...)
	command.Dir = request.GetPwd()
	command.Env = append(os.Environ(), request.GetEnv()...)
	command.Stdout, command.Stderr = stdout, stderr
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(command.ProcessState.ExitCode())},
	})
}

// InstallDependencies fills the virtual environment that Pulumi.yaml names from requirements.txt.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closer.Close()
	return install(server.Context(), request.GetInfo(), stdout, stderr)
}

func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	executable := python(request.GetInfo())
	output, err := exec.CommandContext(ctx, executable, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", executable, err)
	}
	return &pulumirpc.AboutResponse{
		Executable: executable,
		Version:    strings.TrimSpace(strings.TrimPrefix(string(output), "Python ")),
	}, nil
}

func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	arguments := []string{"-m", "pip", "list", "--format", "json"}
	if !request.GetTransitiveDependencies() {
		arguments = append(arguments, "--not-required")
	}
	output, err := exec.CommandContext(ctx, python(request.GetInfo()), arguments...).Output()
	if err != nil {
		return nil, fmt.Errorf("pip list: %w", err)
	}
	var packages []*pulumirpc.DependencyInfo
	if err := json.Unmarshal(output, &packages); err != nil {
		return nil, fmt.Errorf("pip list: %w", err)
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: packages}, nil
}

func install(ctx context.Context, info *pulumirpc.ProgramInfo, stdout, stderr io.Writer) error {
	run := func(name string, arguments ...string) error {
		command := exec.CommandContext(ctx, name, arguments...)
		command.Dir, command.Stdout, command.Stderr = info.GetProgramDirectory(), stdout, stderr
		return command.Run()
	}
	if folder := virtualenv(info); folder != "" {
		if _, err := os.Stat(python(info)); err != nil {
			if err := run("python3", "-m", "venv", folder); err != nil {
				return err
			}
		}
	}
	if _, err := os.Stat(info.GetProgramDirectory() + "/requirements.txt"); err != nil {
		return nil //nolint:nilerr // nothing to install
	}
	return run(python(info), "-m", "pip", "install", "-r", "requirements.txt")
}
