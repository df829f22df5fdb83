using System.Diagnostics;

namespace MeetOperator.Fuzz.Tests;

/// <summary>
/// Runs a target with every file of its corpus, every prefix of each file, and then seeded mutations. The same seed gives the
/// same inputs. <c>MEET_FUZZ_ITERATIONS</c> sets the number of mutations. A failing input is printed in hex; add it to
/// <c>tests/fuzz/corpus/&lt;target&gt;</c> with the fix.
/// </summary>
internal static class FuzzLoop
{
    /// <summary>Maximum allocation for one input. A parser that allocates more lets an attacker exhaust the memory.</summary>
    private const long MaximumBytesPerInput = 64 * 1024;

    /// <summary>Maximum mean time for one input of a plain parser. The mean, because a garbage collection or CPU contention can delay a single input.</summary>
    private static readonly TimeSpan MaximumMeanTime = TimeSpan.FromMilliseconds(1);

    private const int DefaultIterations = 20_000;

    internal static int Iterations =>
        int.TryParse(Environment.GetEnvironmentVariable("MEET_FUZZ_ITERATIONS"), out var count) && count > 0 ? count : DefaultIterations;

    /// <summary>Runs a target over its corpus folder.</summary>
    /// <param name="corpus">Folder under <c>tests/fuzz/corpus</c>.</param>
    /// <param name="target">Handles one input.</param>
    /// <param name="cost">The cost of the target as a multiple of a plain parser. Divides the iterations and multiplies the time limit.</param>
    /// <param name="maximumBytes">Maximum allocation for one input, in bytes.</param>
    /// <param name="seed">Seed of the mutations.</param>
    internal static void Run(string corpus, FuzzTarget target, int cost = 1, long maximumBytes = MaximumBytesPerInput, int seed = 1) =>
        Run(Corpus(corpus), target, cost, maximumBytes, seed);

    /// <summary>Runs a target with seeds from the test itself.</summary>
    internal static void Run(
        IReadOnlyList<byte[]> seeds, FuzzTarget target, int cost = 1, long maximumBytes = MaximumBytesPerInput, int seed = 1)
        => Run(seeds, new Mutator(seed, seeds).Next, target, cost, maximumBytes);

    /// <summary>Runs a target with seeds and then with the inputs that <paramref name="next"/> creates.</summary>
    internal static void Run(IReadOnlyList<byte[]> seeds, Func<byte[]> next, FuzzTarget target, int cost, long maximumBytes)
    {
        Assert.NotEmpty(seeds);
        foreach (var file in seeds)
        {
            var step = Math.Max(1, file.Length / 500); // only some prefixes of long files
            for (var length = 0; length <= file.Length; length += step)
            {
                RunOne(file.AsSpan(0, length), target, long.MaxValue); // no allocation limit, because these runs also initialize static state
            }
        }

        var count = Math.Max(100, Iterations / cost);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            RunOne(next(), target, maximumBytes);
        }

        Assert.True(clock.Elapsed / count <= MaximumMeanTime * cost, $"{clock.Elapsed / count} for one input on average");
    }

    internal static List<byte[]> Corpus(string name) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus", name)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static void RunOne(ReadOnlySpan<byte> input, FuzzTarget target, long maximumBytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target(input);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{e.GetType().Name} for {Convert.ToHexString(input)}: {e}");
        }
        catch (Xunit.Sdk.XunitException e)
        {
            Assert.Fail($"{e.Message} for {Convert.ToHexString(input)}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > maximumBytes)
        {
            Assert.Fail($"{allocated} bytes allocated for {Convert.ToHexString(input)}");
        }
    }
}
