namespace MeetOperator.Rtc.Stun;

/// <summary>Constants of RFC 8489 and RFC 8445 §16.1.</summary>
internal static class StunConstants
{
    internal const int HeaderLength = 20;
    internal const int TransactionIdLength = 12;
    internal const int IntegrityLength = 20;
    internal const uint MagicCookie = 0x2112A442;
    internal const uint FingerprintMask = 0x5354554E;

    internal const ushort Username = 0x0006;
    internal const ushort MessageIntegrity = 0x0008;
    internal const ushort ErrorCode = 0x0009;
    internal const ushort UnknownAttributes = 0x000A;
    internal const ushort XorMappedAddress = 0x0020;
    internal const ushort Priority = 0x0024;
    internal const ushort UseCandidate = 0x0025;
    internal const ushort Fingerprint = 0x8028;
    internal const ushort IceControlled = 0x8029;
    internal const ushort IceControlling = 0x802A;

    /// <summary>Unknown attributes with this or a higher number are ignored (comprehension-optional).</summary>
    internal const ushort FirstComprehensionOptional = 0x8000;
}
