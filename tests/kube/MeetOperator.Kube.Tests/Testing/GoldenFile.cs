using MeetOperator.Kube.CodeGen.Output;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>Compares text with a file in tests/golden. With MEET_UPDATE_GOLDEN=1 it writes the file instead, for review in the diff.</summary>
public static class GoldenFile
{
    public static void Matches(string name, string actual)
    {
        var path = Repository.Golden(name);
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; run the test once with MEET_UPDATE_GOLDEN=1 and review the file.");
        var difference = TextDiff.Create(name, File.ReadAllText(path), actual);
        Assert.True(difference.Length == 0, difference);
    }
}
