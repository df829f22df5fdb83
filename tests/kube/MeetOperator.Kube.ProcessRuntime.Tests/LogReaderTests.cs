using MeetOperator.Kube.ProcessRuntime.Logs;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class LogReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logs").FullName;

    private string Path => System.IO.Path.Combine(_folder, "log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Open_TailAndTimestamps_ReturnsLastLinesWithTime()
    {
        Write("one", "two", "three");
        Assert.Equal("two\nthree\n", await ReadAsync(new LogQuery { TailLines = 2 }));
        var stamped = await ReadAsync(new LogQuery { TailLines = 1, Timestamps = true });
        Assert.Matches(@"^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$", stamped);
        Assert.Equal("one\ntw", await ReadAsync(new LogQuery { LimitBytes = 6 }));
        Assert.Equal(string.Empty, await ReadAsync(new LogQuery { SinceTime = DateTimeOffset.UtcNow.AddMinutes(1) }));
    }

    [Fact]
    public async Task Open_Follow_ReadsAcrossRotationUntilContainerEnds()
    {
        var ended = false;
        using var log = new ContainerLog(Path, limitBytes: 2_000, TimeProvider.System);
        log.Write("stdout", "first");
        using var reader = new StreamReader(new LogReader(Path, new LogQuery { Follow = true }, () => Volatile.Read(ref ended), TimeProvider.System).Open(Limit()));
        Assert.Equal("first", await reader.ReadLineAsync(Limit()));
        for (var i = 0; i < 60; i++)
        {
            log.Write("stdout", $"line {i}");
            Assert.Equal($"line {i}", await reader.ReadLineAsync(Limit()));
        }

        Assert.True(File.Exists(Path + ".1"), "the log must be rotated after 60 lines");
        Volatile.Write(ref ended, true);
        Assert.Null(await reader.ReadLineAsync(Limit()));
    }

    [Fact]
    public async Task Open_Previous_ReturnsRunBeforeRestart()
    {
        Write("old run");
        ContainerLog.StartNewRun(Path);
        Write("new run");
        Assert.Equal("old run\n", await ReadAsync(new LogQuery { Previous = true }));
        Assert.Equal("new run\n", await ReadAsync(new LogQuery()));
    }

    [Fact]
    public async Task Open_NoFileYet_IsEmpty() => Assert.Equal(string.Empty, await ReadAsync(new LogQuery()));

    [Fact]
    public async Task PumpAsync_LongLinesAndNoFinalNewline_KeepsEverything()
    {
        using (var log = new ContainerLog(Path, 1 << 20, TimeProvider.System))
        {
            await log.PumpAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(new string('x', ContainerLog.LongestLine + 1) + "\nlast")), "stdout");
        }

        var lines = (await ReadAsync(new LogQuery())).Split('\n');
        Assert.Equal([ContainerLog.LongestLine, 1, 4, 0], lines.Select(l => l.Length));
    }

    private static CancellationToken Limit() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    private void Write(params string[] lines)
    {
        using var log = new ContainerLog(Path, 1 << 20, TimeProvider.System);
        foreach (var line in lines)
        {
            log.Write("stdout", line);
        }
    }

    private async Task<string> ReadAsync(LogQuery query)
    {
        using var reader = new StreamReader(new LogReader(Path, query, () => true, TimeProvider.System).Open(Limit()));
        return await reader.ReadToEndAsync(Limit());
    }
}
