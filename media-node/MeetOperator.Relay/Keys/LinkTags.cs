using System.Buffers.Binary;

namespace MeetOperator.Relay.Keys;

/// <summary>The tags of a link. All its keys depend on both, so that two links with the same secret have no key in common.</summary>
/// <param name="Opener">Identifies the link in datagrams to the opener.</param>
/// <param name="Acceptor">Identifies the link in datagrams to the acceptor.</param>
internal readonly record struct LinkTags(uint Opener, uint Acceptor)
{
    internal const int Length = 8;

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Opener);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Acceptor);
    }
}
