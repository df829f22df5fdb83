using System.Runtime.InteropServices;

namespace MeetOperator.Native.Sockets;

/// <summary>The subset of the C library that batched UDP and TCP connections need (socket.h, poll.h, epoll.h, eventfd.h). 64-bit Linux only.</summary>
internal static unsafe partial class SocketLibrary
{
    public const int LocalFamily = 1;
    public const ushort InternetFamily = 2;
    public const ushort Internet6Family = 10;
    public const int Internet6Level = 41;

    /// <summary>IPV6_V6ONLY.</summary>
    public const int Internet6Only = 26;
    public const int DatagramType = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int SocketLevel = 1;
    public const int ReceiveBuffer = 8;
    public const int SendBuffer = 7;
    public const int MemoryInfo = 55;

    /// <summary>SO_TIMESTAMPNS, and the type of the control message with the time (SCM_TIMESTAMPNS).</summary>
    public const int TimestampNanoseconds = 35;
    public const int UdpLevel = 17;
    public const int UdpSegment = 103;
    public const int DontWait = 0x40;

    public const int StreamType = 1;
    public const int ReuseAddress = 2;
    public const int Linger = 13;
    public const int TcpLevel = 6;
    public const int TcpNoDelay = 1;
    public const int TcpUserTimeout = 18;
    public const int TcpNotSentLowWater = 25;
    public const int Peek = 2;
    public const int NoSignal = 0x4000;
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;
    public const short PollIn = 1;
    public const short PollOut = 4;

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        public nint Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nuint VectorCount;
        public nint Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct BatchMessage
    {
        public MessageHeader Header;
        public uint Length;
    }

    /// <summary>sockaddr_in (the first 16 bytes) or sockaddr_in6; port and address in network byte order.</summary>
    [StructLayout(LayoutKind.Explicit, Size = Length6)]
    internal struct InternetAddress
    {
        public const int Length4 = 16;
        public const int Length6 = 28;

        [FieldOffset(0)]
        public ushort Family;

        [FieldOffset(2)]
        public ushort Port;

        [FieldOffset(4)]
        public uint Address4;

        [FieldOffset(8)]
        public ulong Address6High;

        [FieldOffset(16)]
        public ulong Address6Low;
    }

    /// <summary>cmsghdr with the 16 bits of UDP_SEGMENT, padded to CMSG_SPACE(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SegmentControl
    {
        public nuint Length;
        public int Level;
        public int Type;
        public ushort SegmentBytes;
        public ushort Pad0;
        public uint Pad1;
    }

    /// <summary>cmsghdr with the struct timespec of SCM_TIMESTAMPNS; CMSG_SPACE(16).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimestampControl
    {
        public nuint Length;
        public int Level;
        public int Type;
        public TimeSpec Time;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int family, int type, int protocol, int* descriptors);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int descriptor, InternetAddress* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int descriptor, InternetAddress* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int descriptor, int level, int name, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int descriptor, int level, int name, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveBatch(int descriptor, BatchMessage* messages, uint count, int flags, TimeSpec* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendBatch(int descriptor, BatchMessage* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int descriptor, InternetAddress* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint Send(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int poller, int operation, int descriptor, byte* pollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int poller, byte* events, int maximum, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
