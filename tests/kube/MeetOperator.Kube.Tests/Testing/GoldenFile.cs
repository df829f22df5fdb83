namespace MeetOperator.Kube.Tests;

/// <summary>Compares with a file below tests/golden; with MEET_UPDATE_GOLDEN=1 it is written instead, to be reviewed in the diff.</summary>
public static class GoldenFile
{
    public static void Matches(string name, string actual)
    {
        var path = Path.Combine(Root(), name);
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; run the test once with MEET_UPDATE_GOLDEN=1 and review the file.");
        var difference = CodeGen.TextDiff.Create(name, File.ReadAllText(path), actual);
        Assert.True(difference.Length == 0, difference);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MeetOperator.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
        }

        return Path.Combine(folder.FullName, "tests", "golden");
    }
}
