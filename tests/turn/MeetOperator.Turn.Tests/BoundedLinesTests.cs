using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Tests;

public sealed class BoundedLinesTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\nb\n", new[] { "a", "b" })]
    [InlineData("a\n\nb", new[] { "a", "", "b" })]
    [InlineData("a\rb\r\nc\u2028d", new[] { "a\rb\r", "c\u2028d" })]
    [InlineData("12345678\n123456789\nnext", new[] { "12345678", "12345678", "next" })]
    public void Read_Text_SplitsAtLineFeedsAndShortens(string text, string[] expected) => Assert.Equal(expected, All(new StringReader(text), 8));

    [Fact]
    public void Read_BlocksThatEndAnywhere_FindsSameLines()
    {
        var text = string.Join('\n', Enumerable.Range(0, 3_000).Select(i => new string((char)('a' + (i % 26)), i % 40)));
        Assert.Equal(text.Split('\n').Select(line => line[..Math.Min(line.Length, 30)]), All(new StringReader(text), 30));
    }

    /// <summary>A process that never ends a line.</summary>
    [Fact]
    public void Read_EndlessLine_KeepsOnlyItsBeginning()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Assert.Equal([4096], All(new Endless(200_000_000), 4096).Select(line => line.Length));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 5_000_000);
    }

    private static List<string> All(TextReader reader, int maxLength)
    {
        var lines = new BoundedLines(reader, maxLength);
        List<string> all = [];
        while (lines.Read() is { } line)
        {
            all.Add(line);
        }

        return all;
    }

    private sealed class Endless(int length) : TextReader
    {
        private int _rest = length;

        public override int Read(char[] buffer, int index, int count)
        {
            var given = Math.Min(_rest, count);
            Array.Fill(buffer, 'x', index, given);
            _rest -= given;
            return given;
        }
    }
}
