namespace MeetOperator.Turn.Coturn;

/// <summary>
/// Splits the output of a process into lines, at line feeds only. Of a longer line, the rest is read and left out, so that no output can take up the memory. Not thread-safe.
/// </summary>
internal sealed class BoundedLines(TextReader reader, int maxLength)
{
    private readonly char[] _block = new char[4096];
    private readonly System.Text.StringBuilder _line = new();
    private int _start;
    private int _end;

    /// <summary>Returns the next line, or null at the end.</summary>
    public string? Read()
    {
        _line.Clear();
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, reader.Read(_block, 0, _block.Length));
                if (_end <= 0)
                {
                    _end = 0;
                    return _line.Length > 0 ? _line.ToString() : null;
                }
            }

            var rest = _block.AsSpan(_start, _end - _start);
            var length = rest.IndexOf('\n');
            var part = length < 0 ? rest : rest[..length];
            _line.Append(part[..Math.Min(part.Length, maxLength - _line.Length)]);
            _start += part.Length;
            if (length >= 0)
            {
                _start++;
                return _line.ToString();
            }
        }
    }
}
