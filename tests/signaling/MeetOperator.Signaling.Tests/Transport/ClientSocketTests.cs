using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Tests.Transport;

/// <summary>Tests the lanes of a socket whose client reads nothing.</summary>
public sealed class ClientSocketTests : IAsyncLifetime
{
    private static readonly byte[] Frame = new byte[64 * 1024];

    private TcpClient _client = null!;
    private ClientSocket _socket = null!;

    public async Task InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _client = new TcpClient { ReceiveBufferSize = 4096 };
        await _client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var accepted = await listener.AcceptTcpClientAsync();
        accepted.SendBufferSize = 4096;
        var server = WebSocket.CreateFromStream(accepted.GetStream(), new WebSocketCreationOptions { IsServer = true });
        _socket = new ClientSocket(server, TimeProvider.System, TimeSpan.FromSeconds(30));
    }

    public async Task DisposeAsync()
    {
        // The server's close frame cannot be sent, because the client reads nothing.
        _client.Dispose();
        await _socket.DisposeAsync();
    }

    [Fact]
    public void Send_DroppableToSlowReader_IsDroppedWithoutDisconnecting()
    {
        var dropped = SendUntilRejected(Lane.Droppable);

        Assert.True(dropped);
        Assert.True(_socket.Send(Frame, Lane.Required));
    }

    [Fact]
    public void Send_RequiredToSlowReader_Disconnects()
    {
        var disconnected = SendUntilRejected(Lane.Required);

        Assert.True(disconnected);
        Assert.False(_socket.Send([1], Lane.Required));
        Assert.False(_socket.Send([1], Lane.Droppable));
    }

    private bool SendUntilRejected(Lane lane) => Enumerable.Range(0, 10_000).Any(_ => !_socket.Send(Frame, lane));
}
