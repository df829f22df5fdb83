namespace MeetOperator.Kube.ProcessRuntime.Probes;

/// <summary>
/// Applies the thresholds of a probe: the number of consecutive results that change <see cref="Healthy"/>, which is null until the first threshold is
/// reached.
/// </summary>
internal sealed class ProbeCounter(int successThreshold, int failureThreshold)
{
    private int _consecutive;
    private bool _last;

    public bool? Healthy { get; private set; }

    public bool? Observe(bool success)
    {
        _consecutive = success == _last ? _consecutive + 1 : 1;
        _last = success;
        if (_consecutive >= (success ? successThreshold : failureThreshold))
        {
            Healthy = success;
        }

        return Healthy;
    }
}
