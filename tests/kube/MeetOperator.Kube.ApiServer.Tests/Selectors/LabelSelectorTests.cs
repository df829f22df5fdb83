using MeetOperator.Kube.ApiServer.Selectors;

namespace MeetOperator.Kube.ApiServer.Tests.Selectors;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["example.test/tier"] = "front", ["n"] = "5", ["empty"] = "" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app!=web", false)]
    [InlineData("other!=web", true)]
    [InlineData("app in (web, db)", true)]
    [InlineData("app in (db)", false)]
    [InlineData("app notin (db)", true)]
    [InlineData("other notin (db)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!other", true)]
    [InlineData("n>4", true)]
    [InlineData("n<5", false)]
    [InlineData("empty=", true)]
    [InlineData("example.test/tier=front,app in (web,db),!x", true)]
    [InlineData("example.test/tier=front,app in (db)", false)]
    public void Matches_Selector_ReturnsExpectedResult(string text, bool expected)
    {
        Assert.Null(LabelSelector.TryParse(text, out var selector));
        Assert.Equal(expected, selector.Matches(Labels));
    }

    [Theory]
    [InlineData("=a")]
    [InlineData("a b")]
    [InlineData("a in (")]
    [InlineData("a in b")]
    [InlineData("a=b c")]
    [InlineData("n>x")]
    [InlineData("a,,b")]
    [InlineData("bad/key/x=1")]
    public void TryParse_InvalidSelector_ReturnsError(string text) => Assert.StartsWith("unable to parse requirement", LabelSelector.TryParse(text, out _));
}
