using System.Security.Cryptography;

namespace MeetOperator.Rtc.Ice;

/// <summary>User name fragment and password of one side (RFC 8445 §5.3).</summary>
public sealed record IceCredentials(string Ufrag, string Password)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// <summary>Fresh credentials: 48 bits of user name fragment, so that a port's peers do not collide, and 144 bits of password.</summary>
    public static IceCredentials Generate() =>
        new(RandomNumberGenerator.GetString(Alphabet, 8), RandomNumberGenerator.GetString(Alphabet, 24));

    /// <summary>Never the password.</summary>
    public override string ToString() => $"IceCredentials({Ufrag})";
}
