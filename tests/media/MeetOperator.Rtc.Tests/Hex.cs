namespace MeetOperator.Rtc.Tests;

/// <summary>Bytes as the RFCs print them.</summary>
internal static class Hex
{
    internal static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
}
