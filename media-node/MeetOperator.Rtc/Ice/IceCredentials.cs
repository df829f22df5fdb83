using System.Security.Cryptography;

namespace MeetOperator.Rtc.Ice;

/// <summary>Username fragment and password of one side (RFC 8445 §5.3).</summary>
public sealed record IceCredentials(string Ufrag, string Password)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// <summary>Generates credentials with 48 bits of username fragment, which avoids collisions between the peers of a port, and 144 bits of password.</summary>
    public static IceCredentials Generate() =>
        new(RandomNumberGenerator.GetString(Alphabet, 8), RandomNumberGenerator.GetString(Alphabet, 24));

    /// <summary>The username fragment without the password, so that logs contain no secret.</summary>
    public override string ToString() => $"IceCredentials({Ufrag})";
}
