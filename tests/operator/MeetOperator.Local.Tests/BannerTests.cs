using MeetOperator.Local.Home;
using MeetOperator.Local.Settings;
using MeetOperator.Local.Startup;

namespace MeetOperator.Local.Tests;

public sealed class BannerTests
{
    private static readonly LocalOptions Options = new() { Home = "/srv/meet/.meet", Port = 8080, Programs = "/p" };

    [Fact]
    public void Banner_DefaultHome_ContainsUrlKubeconfigAndCommands()
    {
        var banner = Banner.Build(Options, "/srv/meet/.meet/kubeconfig", plugin: null);
        Assert.Contains("http://localhost:8080\n", banner, StringComparison.Ordinal);
        Assert.Contains("export KUBECONFIG=/srv/meet/.meet/kubeconfig\n", banner, StringComparison.Ordinal);
        Assert.Equal(3, banner.Split('\n').Count(l => l.Contains("kubectl ", StringComparison.Ordinal)));
        Assert.EndsWith("Stop:        ./meet down\n", banner, StringComparison.Ordinal);
    }

    [Fact]
    public void Banner_OtherPortAndHome_ContainsMatchingStopCommand() =>
        Assert.Contains(
            "MEET_PORT=9000 MEET_HOME=/tmp/other ./meet down",
            Banner.Build(Options with { Port = 9000, Home = "/tmp/other" }, "k", plugin: null),
            StringComparison.Ordinal);

    [Fact]
    public void Banner_Plugin_ContainsPathAndCommand()
    {
        var banner = Banner.Build(Options with { TurnServer = "/usr/bin/turnserver" }, "k", "/p/kubectl-meet");
        Assert.Contains("\nPlugin:      export PATH=$PATH:/p/kubectl-meet\n\nTry:", banner, StringComparison.Ordinal);
        Assert.Contains("\n             kubectl meet status\nStop:", banner, StringComparison.Ordinal);
    }

    [Fact]
    public void Banner_WithoutCoturn_SaysThatThereAreNoRelays()
    {
        Assert.Contains("\nRelays:      none, because coturn is not installed (apt-get install coturn && systemctl disable --now coturn)\n", Banner.Build(Options, "k", plugin: null), StringComparison.Ordinal);
        Assert.DoesNotContain("Relays:", Banner.Build(Options with { TurnServer = "/usr/bin/turnserver" }, "k", plugin: null), StringComparison.Ordinal);
    }

    [Fact]
    public void InNamespace_Kubeconfig_ChangesOnlyContextNamespace() =>
        Assert.Equal(
            "contexts:\n- context:\n    namespace: meet-default\n    user: a\n",
            KubeconfigText.InNamespace("contexts:\n- context:\n    namespace: default\n    user: a\n", "meet-default"));
}
