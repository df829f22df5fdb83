using MeetOperator.Signaling.Protocol;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Protocol;

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
    public void IsCleanLine_Text_AcceptsOnlyOneVisibleLine(string text, bool clean) => Assert.Equal(clean, PlainText.IsCleanLine(text));

    [Theory]
    [InlineData("a\n\tb", true)]
    [InlineData("\u0000", false)]
    [InlineData("\u001b[31m", false)]
    public void IsCleanText_ControlCharacters_AcceptsOnlyLineBreaksAndTabs(string text, bool clean) => Assert.Equal(clean, PlainText.IsCleanText(text));

    [Theory]
    [InlineData("E\u0301lise", "\u00c9lise")]
    [InlineData("\uac00", "\uac00")]
    [InlineData("\u1100\u1161\u11a8", "\uac01")]
    [InlineData("An\u200bn\u2060 \ufeffB\u00ad.", "Ann B.")]
    [InlineData("evil\u202etxt\u202c \u2066x\u2069\u200f", "eviltxt x")]
    [InlineData("\u3164\u115f\u2800", "")]
    [InlineData("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")]
    [InlineData("\ud83d\udc69\u200d\ud83d\udcbb \u2764\ufe0f", "\ud83d\udc69\u200d\ud83d\udcbb \u2764\ufe0f")]
    [InlineData("\u2764\ufe0f\u200d\ud83d\udd25", "\u2764\ufe0f\u200d\ud83d\udd25")]
    [InlineData("\u200dAnn\u200c\u200c\u200d", "Ann")]
    [InlineData("a\n\tb ", "a\n\tb")]
    public void Clean_Text_ComposesAndRemovesInvisibleCharacters(string text, string clean) => Assert.Equal(clean, PlainText.Clean(text));

    /// <summary>Random combining sequences and every ninth composed character, with their NFC from another implementation.</summary>
    [Fact]
    public void Compose_UnicodeSamples_MatchNormalizationFormC()
    {
        var lines = File.ReadAllLines(Repository.PathOf("tests/signaling/MeetOperator.Signaling.Tests/Protocol/nfc.txt"));
        Assert.True(lines.Length > 700);
        foreach (var line in lines)
        {
            var (given, composed) = (Text(line.Split(';')[0]), Text(line.Split(';')[1]));
            Assert.True(Composition.Compose(given) == composed, line);
            Assert.True(Composition.Compose(composed) == composed, line);
        }

        static string Text(string hex) => string.Concat(hex.Split(' ').Select(h => char.ConvertFromUtf32(Convert.ToInt32(h, 16))));
    }

    [Fact]
    public void IsClean_LoneSurrogate_ReturnsFalse()
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
    public void IsPlausible_Sdp_ChecksFirstLine(string sdp, bool valid) => Assert.Equal(valid, SdpText.IsPlausible(sdp));
}
