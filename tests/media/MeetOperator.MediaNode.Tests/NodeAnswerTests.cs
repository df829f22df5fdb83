using System.Net;
using System.Text.Json;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>How much of a node's answer its caller reads, and what that costs.</summary>
public sealed class NodeAnswerTests
{
    private static readonly byte[] Report = JsonSerializer.SerializeToUtf8Bytes(
        new RoomReport { Room = "r", Generation = 7, Participants = 0, UpTracks = 0, DownTracks = 0 }, NodeControlJson.Options);

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(16 * 1024, false)]
    [InlineData(16 * 1024, true)]
    [InlineData(NodeControlClient.MaxAnswerBytes, false)]
    [InlineData(NodeControlClient.MaxAnswerBytes, true)]
    public async Task Answer_UpToTheLimit_IsRead(int bytes, bool saysItsLength)
    {
        using var http = new HttpClient(new Node(Padded(bytes), saysItsLength));

        Assert.Equal(7, (await Client(http).GetRoomAsync("r", default)).Generation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_OneByteAboveTheLimit_IsRefused(bool saysItsLength)
    {
        using var http = new HttpClient(new Node(Padded(NodeControlClient.MaxAnswerBytes + 1), saysItsLength));

        var refusal = await Assert.ThrowsAsync<NodeControlException>(() => Client(http).GetRoomAsync("r", default));

        Assert.Equal("answer-too-large", refusal.Code);
    }

    /// <summary>Operator asks every node once a second.</summary>
    [Fact]
    public async Task Answer_Small_CostsLittleMemory()
    {
        const int Calls = 100;
        using var http = new HttpClient(new Node(Report, saysItsLength: false));
        var client = Client(http);
        await client.GetRoomAsync("r", default);

        // Nothing of it waits, so all of it is on this thread.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
        {
            await client.GetRoomAsync("r", default);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Calls, 1, 12 * 1024);
    }

    private static byte[] Padded(int bytes)
    {
        var body = new byte[Math.Max(bytes, Report.Length)];
        Array.Fill(body, (byte)' ');
        Report.CopyTo(body, 0);
        return body;
    }

    private static NodeControlClient Client(HttpClient http) => new(http, new Uri("http://127.0.0.1/"), "node");

    private sealed class Node(byte[] body, bool saysItsLength) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = saysItsLength ? new ByteArrayContent(body) : new Body(body) });
    }

    /// <summary>Without Content-Length, as a chunked one.</summary>
    private sealed class Body(byte[] bytes) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new MemoryStream(bytes));

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
