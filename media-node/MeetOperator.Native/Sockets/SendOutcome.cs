namespace MeetOperator.Native.Sockets;

/// <summary>What one <see cref="SendBatch.Send"/> did.</summary>
/// <param name="Messages">Messages handed to the kernel; each holds one or more datagrams.</param>
/// <param name="Datagrams">Datagrams handed to the kernel.</param>
/// <param name="Bytes">Their payload bytes.</param>
/// <param name="Refused">Datagrams given up: the send buffer was full or the destination unreachable.</param>
public readonly record struct SendOutcome(int Messages, int Datagrams, long Bytes, int Refused);
