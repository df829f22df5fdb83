namespace MeetOperator.Rtp.Tests;

/// <summary>Bytes as documents print them.</summary>
internal static class Hex
{
    internal static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
}
