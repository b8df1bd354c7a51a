"""One file per promise of the business."""
