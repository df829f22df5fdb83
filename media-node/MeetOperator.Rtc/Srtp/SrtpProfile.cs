namespace MeetOperator.Rtc.Srtp;

/// <summary>The protection profiles that we negotiate, by their number in the DTLS use_srtp extension.</summary>
public enum SrtpProfile : ushort
{
    /// <summary>RFC 5764 §4.1.2.</summary>
    Aes128CmSha1Tag80 = 0x0001,

    /// <summary>RFC 7714 §14.2. Preferred: 350 ns a packet against 825.</summary>
    AeadAes128Gcm = 0x0007,
}
