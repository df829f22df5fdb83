using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Tests;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("Ann", true)]
    [InlineData("Élise 😀 O'Brien", true)]
    [InlineData("العربية", true)]
    [InlineData("", false)]
    [InlineData("   ", false)]
    [InlineData("two\nlines", false)]
    [InlineData("bell\u0007", false)]
    [InlineData("evil\u202Etxt.exe", false)]
    [InlineData("isolate\u2066x", false)]
    [InlineData("line\u2028sep", false)]
    public void IsCleanLine_HoldsNamesToOneVisibleLine(string text, bool clean) => Assert.Equal(clean, PlainText.IsCleanLine(text));

    [Theory]
    [InlineData("a\n\tb", true)]
    [InlineData("\u0000", false)]
    [InlineData("\u001b[31m", false)]
    public void IsCleanText_AllowsLineBreaksOnly(string text, bool clean) => Assert.Equal(clean, PlainText.IsCleanText(text));

    [Fact]
    public void HalfASurrogatePair_IsNeitherLineNorText()
    {
        Assert.False(PlainText.IsCleanLine("half" + '\ud83d'));
        Assert.False(PlainText.IsCleanText("\ud83d\ude00" + '\udc00'));
        Assert.True(PlainText.IsCleanText("\ud83d\ude00"));
    }

    [Theory]
    [InlineData("v=0\r\no=-", true)]
    [InlineData("v=0\n", true)]
    [InlineData("v=01\r\n", false)]
    [InlineData("v=0", false)]
    [InlineData("x", false)]
    [InlineData("v=0\r\n\0", false)]
    public void SdpText_LooksValid_ByItsFirstLine(string sdp, bool valid) => Assert.Equal(valid, SdpText.LooksValid(sdp));
}
