using MeetOperator.Kube.ProcessRuntime.Containers;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class VariableExpansionTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["POD_IP"] = "127.0.1.2", ["EMPTY"] = string.Empty };

    [Theory]
    [InlineData("$(POD_IP):8090", "127.0.1.2:8090")]
    [InlineData("a$(EMPTY)b", "ab")]
    [InlineData("$(UNKNOWN)", "$(UNKNOWN)")]
    [InlineData("$$(POD_IP)", "$(POD_IP)")]
    [InlineData("$$$(POD_IP)", "$127.0.1.2")]
    [InlineData("$POD_IP", "$POD_IP")]
    [InlineData("cost: 5$", "cost: 5$")]
    [InlineData("$(POD_IP", "$(POD_IP")]
    [InlineData("", "")]
    public void Expand_KubernetesSyntax_MatchesKubelet(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.Expand(text, Variables));
}
