using MeetOperator.Native.OpenSsl;

namespace MeetOperator.Srtp;

/// <summary>The key derivation function of RFC 3711 §4.3 with a key derivation rate of zero: AES in counter mode with a label.</summary>
internal static class SrtpKeyDerivation
{
    internal const byte RtpEncryption = 0;
    internal const byte RtpAuthentication = 1;
    internal const byte RtpSalt = 2;
    internal const byte RtcpEncryption = 3;
    internal const byte RtcpAuthentication = 4;
    internal const byte RtcpSalt = 5;

    /// <summary>Writes the session key for a label to the destination.</summary>
    internal static void Derive(SrtpKeys keys, byte label, Span<byte> destination)
    {
        // §4.3.1: x = (label || index DIV rate) XOR master salt, aligned at the low end of 112 bits; IV = x * 2^16.
        // RFC 7714 §11 puts the 96-bit salt of GCM at the high end of the 112 bits.
        Span<byte> iv = stackalloc byte[AesCtrCipher.IvLength];
        iv.Clear();
        keys.MasterSalt.CopyTo(iv);
        iv[7] ^= label;
        destination.Clear();
        using var cipher = new AesCtrCipher(keys.MasterKey);
        cipher.Transform(iv, destination, destination);
    }
}
