using MeetOperator.KubectlMeet.Commands;

namespace MeetOperator.KubectlMeet.Tests;

public sealed class CompletionTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Theory]
    [InlineData("s", "status support-bundle")]
    [InlineData("plan|", "drain")]
    [InlineData("status|", "meeting node pool")]
    [InlineData("status|-o|", "json yaml")]
    [InlineData("drain|x|--d", "--deadline")]
    [InlineData("version|--c", "--color")]
    [InlineData("nonsense|", "")]
    [InlineData("why|x|", "")]
    public async Task Complete_FixedWords_AreOffered(string words, string expected)
    {
        var candidates = await Completer.CompleteAsync(words.Split('|'), default);

        Assert.Equal(expected, string.Join(' ', candidates));
    }

    [Theory]
    [InlineData("why|st", "standup")]
    [InlineData("why|-n|meet-globex|", "board")]
    [InlineData("plan|drain|p", "private-eeeee")]
    [InlineData("status|pool|", "private shared")]
    public async Task Complete_Names_ComeFromTheCluster(string words, string expected)
    {
        var all = words.Split('|');
        var candidates = await Completer.CompleteAsync([.. all[..^1], "--kubeconfig", cluster.Kubeconfig, all[^1]], default);

        Assert.Equal(expected, string.Join(' ', candidates));
    }

    [Fact]
    public async Task Complete_ValueOfTo_OffersMediaNodes() =>
        Assert.Equal(["shared-bbbbb"], await Completer.CompleteAsync(["move", "standup", "--kubeconfig", cluster.Kubeconfig, "--to", "shared-b"], default));

    [Fact]
    public async Task Complete_NoKubeconfig_OffersNothing() =>
        Assert.Empty(await Completer.CompleteAsync(["why", "--kubeconfig", "/nowhere", ""], default));
}
