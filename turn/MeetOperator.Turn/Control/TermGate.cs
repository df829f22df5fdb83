using MeetOperator.NodeControl;

namespace MeetOperator.Turn.Control;

/// <summary>Refuses changes of a former leader of the operator. Thread-safe.</summary>
internal sealed class TermGate
{
    private readonly Lock _gate = new();
    private long _highest;

    /// <summary>False when the request has no term or a lower one than an earlier request.</summary>
    public bool TryEnter(HttpRequest request)
    {
        if (request.Headers[TermHeader.Name] is not [{ } text] || !TermHeader.TryRead(text, out var term))
        {
            return false;
        }

        lock (_gate)
        {
            if (term < _highest)
            {
                return false;
            }

            _highest = term;
            return true;
        }
    }
}
