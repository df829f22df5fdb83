using System.Security.Cryptography;
using System.Text;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Connectivity checks (RFC 8445 §7.2.4), as any client can write them.</summary>
internal static class TestCheck
{
    /// <param name="username">The username fragments of both ends.</param>
    /// <param name="password">The password of the media node; null to leave out the integrity.</param>
    public static byte[] Write(string username, string? password)
    {
        var buffer = new byte[600];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, RandomNumberGenerator.GetBytes(12));
        writer.AddUsername(Encoding.ASCII.GetBytes(username));
        writer.AddPriority(1);
        if (password is not null)
        {
            writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        }

        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    /// <summary>A packet behind its length (RFC 4571).</summary>
    public static byte[] Frame(ReadOnlySpan<byte> packet) => [(byte)(packet.Length >> 8), (byte)packet.Length, .. packet];
}
