using MeetOperator.Kube.CodeGen.Output;

namespace MeetOperator.Kube.Tests.CodeGen;

public sealed class TextDiffTests
{
    [Fact]
    public void Create_EqualTexts_IsEmpty() => Assert.Equal(string.Empty, TextDiff.Create("f", "a\nb\n", "a\nb\n"));

    [Fact]
    public void Create_OneLineChanged_ShowsThreeContextLines() => Assert.Equal(
        """
        --- f (current)
        +++ f (expected)
        @@ line 3 @@
         3
         4
         5
        -6
        +six
         7
         8
         9

        """,
        TextDiff.Create("f", Lines("6"), Lines("six")));

    [Fact]
    public void Create_DistantChanges_HasTwoHunks()
    {
        var before = string.Join('\n', Enumerable.Range(1, 40));
        var after = before.Replace("\n5\n", "\nfive\n", StringComparison.Ordinal).Replace("\n30\n", "\n", StringComparison.Ordinal);
        var difference = TextDiff.Create("f", before, after);

        Assert.Equal(2, difference.Split("@@ line").Length - 1);
        Assert.Contains("-5\n+five\n", difference);
        Assert.Contains(" 29\n-30\n 31\n", difference);
        Assert.DoesNotContain(" 15\n", difference);
    }

    [Fact]
    public void Create_NewFile_IsAllAdditions() => Assert.Contains("+a\n+b\n", TextDiff.Create("f", string.Empty, "a\nb\n"));

    private static string Lines(string sixth) => $"1\n2\n3\n4\n5\n{sixth}\n7\n8\n9\n10\n11\n";
}
