namespace MeetOperator.Testing;

/// <summary>Converts hexadecimal text with separators to bytes.</summary>
public static class Hex
{
    public static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
}
