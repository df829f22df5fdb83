using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Transport;

/// <summary>
/// One connection of a client: ordered text frames in both directions, with a bounded send queue. Only one thread may receive; everything else is thread-safe.
/// Disposing it sends the queued frames and closes the connection.
/// </summary>
internal interface IClientTransport : IAsyncDisposable
{
    /// <summary>Queues a frame. Never blocks. Returns false if the frame was not queued: it was dropped, or the connection is closing.</summary>
    bool Send(byte[] frame, Lane lane);

    void Send(ServerMessage message) => Send(message.ToUtf8(), Lane.Required);

    /// <summary>Receives the next frame, or null if the connection has closed. A frame over the size limit may be truncated, but is still over the limit.</summary>
    Task<ReceivedFrame?> ReceiveAsync();

    /// <summary>Discards all further input. Sending still works.</summary>
    void IgnoreInput();

    /// <summary>Sends the queued frames, and then ends the connection with the code (<see cref="CloseCode"/>) and reason of the first call.</summary>
    void Close(CloseCode code, string reason);
}
