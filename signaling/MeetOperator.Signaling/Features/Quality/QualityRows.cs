using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Features.Quality;

/// <summary>Rows to add to the database.</summary>
internal readonly record struct QualityRows(IReadOnlyCollection<QualityLineRow> Lines, IReadOnlyCollection<QualityTrackRow> Tracks);
