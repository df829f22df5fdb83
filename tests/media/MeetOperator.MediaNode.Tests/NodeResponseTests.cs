using System.Net;
using System.Text.Json;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The client limits how much of a node's response it reads and allocates.</summary>
public sealed class NodeResponseTests
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
    public async Task Response_UpToTheLimit_IsRead(int bytes, bool hasContentLength)
    {
        using var http = new HttpClient(new Node(Padded(bytes), hasContentLength));

        Assert.Equal(7, (await Client(http).GetRoomAsync("r", default)).Generation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_OneByteAboveTheLimit_Throws(bool hasContentLength)
    {
        using var http = new HttpClient(new Node(Padded(NodeControlClient.MaxAnswerBytes + 1), hasContentLength));

        var problem = await Assert.ThrowsAsync<NodeControlException>(() => Client(http).GetRoomAsync("r", default));

        Assert.Equal("answer-too-large", problem.Code);
    }

    /// <summary>The operator polls every node once a second, so small responses must be cheap.</summary>
    [Fact]
    public async Task Response_Small_AllocatesLittle()
    {
        const int Calls = 100;
        using var http = new HttpClient(new Node(Report, hasContentLength: false));
        var client = Client(http);
        await client.GetRoomAsync("r", default);

        // The request completes synchronously, so all allocations are on this thread.
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

    private sealed class Node(byte[] body, bool hasContentLength) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = hasContentLength ? new ByteArrayContent(body) : new Body(body) });
    }

    /// <summary>A body without Content-Length, like a chunked response.</summary>
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
