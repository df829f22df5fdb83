using System.Runtime.CompilerServices;

namespace MeetOperator.Sdp.Tests;

/// <summary>Reads offers of real browsers and compares written descriptions with golden files. MEET_UPDATE_GOLDEN=1 rewrites the files.</summary>
internal static class Golden
{
    public static string OfferText(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Offers", name + ".sdp"));

    public static SessionDescription Offer(string name)
    {
        Assert.True(SessionDescription.TryParse(OfferText(name), out var offer, out var error), error?.ToString());
        return offer;
    }

    public static void Matches(string name, SessionDescription written, [CallerFilePath] string testFile = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(testFile)!, "Answers", name + ".sdp");
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, written.ToString().ReplaceLineEndings("\n"));
        }

        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Answers", name + ".sdp"));
        Assert.Equal(expected, written.ToString().ReplaceLineEndings("\n"));
    }
}
