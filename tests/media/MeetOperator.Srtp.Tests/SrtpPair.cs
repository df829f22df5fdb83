namespace MeetOperator.Srtp.Tests;

/// <summary>Two sessions that share their keys.</summary>
internal sealed class SrtpPair : IDisposable
{
    internal SrtpPair(SrtpProfile profile, int maximumInboundStreams = 256, bool startsAnywhere = false)
    {
        var random = new Random(7);
        var one = Keys(profile, random);
        var other = Keys(profile, random);
        Sender = new SrtpSession(one, other, maximumInboundStreams);
        Receiver = new SrtpSession(other, one, maximumInboundStreams, startsAnywhere: startsAnywhere);
    }

    internal SrtpSession Sender { get; }

    internal SrtpSession Receiver { get; }

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }

    internal static SrtpKeys Keys(SrtpProfile profile, Random random)
    {
        var key = new byte[16];
        var salt = new byte[profile == SrtpProfile.AeadAes128Gcm ? 12 : 14];
        random.NextBytes(key);
        random.NextBytes(salt);
        return new SrtpKeys(profile, key, salt);
    }

    internal static byte[] Header(ushort sequenceNumber, uint ssrc = 0x11223344) =>
    [
        0x80, 96, (byte)(sequenceNumber >> 8), (byte)sequenceNumber, 0, 0, 0, 1,
        (byte)(ssrc >> 24), (byte)(ssrc >> 16), (byte)(ssrc >> 8), (byte)ssrc,
    ];

    internal byte[] Protect(ushort sequenceNumber, uint ssrc = 0x11223344, int payloadLength = 50)
    {
        var payload = new byte[payloadLength];
        Array.Fill(payload, (byte)sequenceNumber);
        var packet = new byte[payloadLength + 64];
        var length = Sender.ProtectRtp(Header(sequenceNumber, ssrc), payload, packet);
        return packet[..length];
    }

    internal SrtpStatus Unprotect(byte[] packet) => Receiver.UnprotectRtp(packet.AsSpan().ToArray(), out _);
}
