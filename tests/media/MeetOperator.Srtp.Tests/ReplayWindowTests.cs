namespace MeetOperator.Srtp.Tests;

public sealed class ReplayWindowTests
{
    /// <summary>Compares the window with a set of all indexes in random walks with jumps.</summary>
    [Theory]
    [InlineData(64, 1)]
    [InlineData(128, 2)]
    [InlineData(1024, 3)]
    public void Accepts_RandomWalk_MatchesReferenceSet(int size, int seed)
    {
        var window = new ReplayWindow(size);
        var seen = new HashSet<ulong>();
        var random = new Random(seed);
        ulong highest = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var index = random.Next(200) == 0
                ? highest + (ulong)random.Next(3 * size)
                : (ulong)Math.Max(0, (long)highest + random.Next(-size - 20, 12));
            var expected = seen.Count == 0 || index > highest || (highest - index < (ulong)size && !seen.Contains(index));

            Assert.Equal(expected, window.Accepts(index));

            if (expected)
            {
                window.Record(index);
                seen.Add(index);
                highest = Math.Max(highest, index);
            }
        }
    }
}
