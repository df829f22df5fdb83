namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Thresholds of one probe: how many results in a row change the verdict. Null while nothing was decided yet.</summary>
internal sealed class ProbeCounter(int successThreshold, int failureThreshold)
{
    private int _inARow;
    private bool _last;

    public bool? Healthy { get; private set; }

    public bool? Observe(bool success)
    {
        _inARow = success == _last ? _inARow + 1 : 1;
        _last = success;
        if (_inARow >= (success ? successThreshold : failureThreshold))
        {
            Healthy = success;
        }

        return Healthy;
    }
}
