using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Tests that the log of a media node contains no IDs of rooms and participants, because a room has the ID of its meeting, and anyone with that can join.</summary>
public sealed class LogRedactionTests
{
    private readonly string _id = Guid.NewGuid().ToString("D");

    private string Mark => $"id:{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_id)))[..12]}";

    /// <summary>Only unexpected errors are logged with an ID, so this node has a name like one.</summary>
    [Fact]
    public async Task Log_IdInMessage_IsHashed()
    {
        await using var node = await NodeProcess.StartAsync(shutdownSeconds: 1, _id);

        await SyntheticPeer.UntilTrueAsync("the node logs that it is ready", () => Task.FromResult(node.Log.Any(line => line.Contains($"Media node {Mark} is ready", StringComparison.Ordinal))));

        Assert.DoesNotContain(_id, string.Join('\n', node.Log), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Log_FailedRequest_HasNoIdOfItsPath()
    {
        await using var node = await TestNode.StartAsync();
        var format = node.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName;
        var formatter = node.Services.GetServices<ConsoleFormatter>().Single(each => each.Name == format);
        using var console = new StringWriter();

        var failed = new LogEntry<string>(LogLevel.Error, "Control", 4201, $"PUT /v1/rooms/{_id} failed.", new InvalidOperationException($"room {_id}"), (text, _) => text);
        formatter.Write(failed, null, console);

        Assert.Contains($"PUT /v1/rooms/{Mark} failed.", console.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(_id, console.ToString(), StringComparison.Ordinal);
    }
}
