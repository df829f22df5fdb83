namespace MeetOperator.Operator.Certificates;

/// <summary>A source of the webhook's serving certificate.</summary>
internal interface ICertificateSource
{
    /// <summary>Returns a newer certificate if there is one, otherwise <paramref name="present"/>.</summary>
    Task<ServingCertificate?> RefreshAsync(ServingCertificate? present, CancellationToken ct);
}
