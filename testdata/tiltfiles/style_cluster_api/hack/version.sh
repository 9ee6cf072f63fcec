#!/bin/sh
echo "-X 'a=b'"
