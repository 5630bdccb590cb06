// Command pulumi-resource-github bridges integrations/terraform-provider-github, the
// provider that pulumi-github itself wraps, for machines where only the Go module proxy
// can be reached. Tokens, inputs and state are those of the pulumi-github Python SDK.
package main

import (
	github "github.com/integrations/terraform-provider-github/v6/github"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Version is the pulumi-github release whose SDK this plugin serves; set by the linker.
var Version = "0.0.0"

func environment(names ...string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: names}}
}

func provider() tfbridge.ProviderInfo {
	upstream := github.NewProvider(Version, "")()
	// GitHub still reports this, so every adopted repository carries it: a warning for each would bury all others.
	upstream.ResourcesMap["github_repository"].Schema["has_downloads"].Deprecated = ""
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(upstream),
		Name:        "github",
		Version:     Version,
		Description: "GitHub, bridged from integrations/terraform-provider-github.",
		Config: map[string]*tfbridge.SchemaInfo{
			"base_url": environment("GITHUB_BASE_URL"),
			"owner":    environment("GITHUB_OWNER"),
			"token":    environment("GITHUB_TOKEN"),
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			// A list in the SDK, though the provider takes one block only.
			"github_repository_environment": {
				Fields: map[string]*tfbridge.SchemaInfo{"reviewers": {MaxItemsOne: tfbridge.False()}},
			},
		},
		EnableAccurateBridgePreview: true,
	}
	info.MustComputeTokens(tokens.SingleModule("github_", "index", tokens.MakeStandard("github")))
	info.SetAutonaming(255, "-")
	return info
}

func main() {
	tfbridge.Main("github", Version, provider(), []byte(`{"name":"github"}`))
}
