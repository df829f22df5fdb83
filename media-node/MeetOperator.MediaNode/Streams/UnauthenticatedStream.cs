using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>A TCP connection without an authentic check so far.</summary>
/// <param name="Socket">The connection.</param>
/// <param name="Address">Its other end, with the number of the connection.</param>
/// <param name="DeadlineTicks">When it is closed.</param>
internal sealed record UnauthenticatedStream(StreamSocket Socket, TransportAddress Address, long DeadlineTicks);
