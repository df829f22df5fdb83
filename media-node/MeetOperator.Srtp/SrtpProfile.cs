namespace MeetOperator.Srtp;

/// <summary>The supported SRTP protection profiles. The values are the numbers in the DTLS use_srtp extension.</summary>
public enum SrtpProfile : ushort
{
    /// <summary>RFC 5764 §4.1.2.</summary>
    Aes128CmSha1Tag80 = 0x0001,

    /// <summary>RFC 7714 §14.2. Preferred, because it takes 350 ns per packet instead of 825 ns.</summary>
    AeadAes128Gcm = 0x0007,
}
