namespace MeetOperator.Rtc.Tests;

/// <summary>Converts hexadecimal text with separators to bytes.</summary>
internal static class Hex
{
    internal static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
}
